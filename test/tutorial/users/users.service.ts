import { Injectable } from '@nestjs/common';
import { pool } from '../database.js';

export interface User {
  userId: number;
  username: string;
  password: string;
}

@Injectable()
export class UsersService {
  async findOne(username: string): Promise<User | undefined> {
    const found = await pool.query<User>(
      'select user_id as "userId", username, password from users where username = $1',
      [username],
    );
    return found.rows[0];
  }
}
