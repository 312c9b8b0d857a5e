import { SystemEntropy } from '../common/entropy.js';
import { allowOnly, type Arguments } from './arguments.js';
import { type CommandResult, UsageError } from './io.js';

const ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Prints the new secret and stores nothing. */
export function makeSecret({ words, values }: Arguments): CommandResult {
  allowOnly(values, 'encryption', 'hmac', 'id');
  if (words.length > 0) throw new UsageError('this command takes no more arguments');
  if (values.encryption && values.hmac)
    throw new UsageError('--encryption and --hmac are two different secrets');
  if (values.id !== undefined && !ID.test(values.id))
    throw new UsageError('--id must be 1 to 64 letters, digits, dots, dashes or underscores');
  if (values.hmac && values.id !== undefined)
    throw new UsageError('a secret for JWT_SECRET has no id');
  const entropy = new SystemEntropy();
  if (values.hmac) return printed(entropy.bytes(64).toString('base64url'));
  const id = values.id ?? `${values.encryption ? 'e' : 'p'}${entropy.bytes(6).toString('hex')}`;
  return printed(`${id}:${entropy.bytes(32).toString('base64url')}`);
}

function printed(secret: string): CommandResult {
  return { lines: [secret], data: { secret } };
}
