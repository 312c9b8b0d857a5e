import { problem, type EnvironmentReader } from './environment.js';

export interface ConfiguredUser {
  readonly email: string;
  readonly password: string;
  readonly role: string;
}

/** `email:password:role`, comma separated. The password may hold colons, not commas. */
export function demoUsers(read: EnvironmentReader): readonly ConfiguredUser[] | undefined {
  const users = read.list('DEMO_USERS')?.map((entry, index) => {
    const [, email, password, role] = /^([^\s:@]+@[^\s:@]+):(.+):([\w-]+)$/.exec(entry) ?? [];
    if (!email || !password || !role)
      throw problem(
        'DEMO_USERS',
        `must hold email:password:role, comma separated; entry ${index + 1} does not`,
      );
    return { email, password, role };
  });
  if (users && new Set(users.map(({ email }) => email.toLowerCase())).size !== users.length)
    throw problem('DEMO_USERS', 'names one email twice');
  return users;
}
