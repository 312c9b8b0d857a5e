import { randomBytes, randomUUID } from 'node:crypto';

/** The only source of randomness. */
export abstract class Entropy {
  abstract bytes(length: number): Buffer;
  /** RFC 9562 version 4. */
  abstract uuid(): string;
}

export class SystemEntropy extends Entropy {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }

  uuid(): string {
    return randomUUID();
  }
}
