import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import { group, list, text, whole } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { isVisible } from '../../common/visible-text.js';
import type { ActedBy } from '../../storage/store-change.js';
import { type ApiKey, ApiKeyStore } from '../../storage/api-key-store.port.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  apiKeyId,
  hashOf,
  ID_BYTES,
  isApiKeyId,
  SECRET_BYTES,
  writeApiKey,
} from '../api-keys/api-key-text.js';
import { Announcer } from '../sessions/announcer.service.js';
import { givingBack, LoginThrottle } from '../users/login-throttle.service.js';
import { UserResolver } from '../users/user-resolver.service.js';

/** A hundred years. */
export const MOST_SECONDS = 3_155_760_000;

export interface NewApiKeyInput {
  /** A name for people to read: 1 to 200 visible characters. */
  readonly name: string;
  /**
   * Which permissions of the owner the key has. The key has the owner's role all the same, unless the list is empty.
   * Default: all that the owner has when the key is used.
   */
  readonly permissions?: readonly string[];
  /** Whole seconds above 0. Default: it does not expire. */
  readonly expiresIn?: number;
}

export interface CreatedApiKey {
  readonly id: string;
  /** Shown once. Only its hash is stored. */
  readonly key: string;
}

/** Who asked, and in which session. Undefined where the host asked. */
interface AskedBy extends ActedBy {
  readonly sessionId?: string;
}

/** API keys for machines. Their owner, or the host, makes, lists and deletes them. */
@Injectable()
export class ApiKeysFlow {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly resolver: UserResolver,
    private readonly announcer: Announcer,
    private readonly entropy: Entropy,
    private readonly throttle: LoginThrottle,
    private readonly given?: ApiKeyStore,
  ) {}

  /**
   * Throws `user_not_found` for an unknown user, `input_invalid` past the limit of keys, and `throttled` where a
   * session of the owner makes too many in a while.
   */
  async create(userId: string, input: NewApiKeyInput, by: AskedBy): Promise<CreatedApiKey> {
    const subject = await this.resolver.idOf(userId);
    if (by.sessionId === undefined) return this.keep(subject, input, by);
    return givingBack(await this.throttle.admitApiKey(subject), () =>
      this.keep(subject, input, by),
    );
  }

  private async keep(subject: string, input: NewApiKeyInput, by: AskedBy): Promise<CreatedApiKey> {
    const id = apiKeyId(this.entropy.bytes(ID_BYTES));
    const key = writeApiKey(id, this.entropy.bytes(SECRET_BYTES));
    const { name, permissions, expiresIn } = input;
    const atMost = this.limit();
    const ttlMs = expiresIn === undefined ? undefined : expiresIn * 1000;
    const made = await this.store().create(
      { id, subject, name, permissions, hash: hashOf(key), ttlMs, atMost, sessionId: by.sessionId },
      by,
    );
    if (made === 'too_many')
      throw new AuthError('input_invalid', 'the owner has reached the limit of API keys', {
        fields: { name: `there are ${atMost} keys already; delete one first` },
      });
    if (made === 'superseded')
      throw new AuthError('token_refused', 'the session that asked has ended', { cookies: 'keep' });
    await this.announcer.announce(made.change);
    return { id, key };
  }

  list(subject: string): Promise<readonly ApiKey[]> {
    return this.store().list(subject);
  }

  /**
   * Every process refuses the key as fast as it would a revoked token. Throws `api_key_not_found` for a key of
   * another owner.
   */
  async remove(subject: string, id: string, by: ActedBy): Promise<void> {
    const change = isApiKeyId(id) ? await this.store().remove(subject, id, by) : undefined;
    if (!change) throw new AuthError('api_key_not_found', 'the caller has no such key');
    await this.announcer.announce(change);
  }

  private limit(): number {
    if (!this.options.apiKeys)
      throw AuthError.configuration('apiKeys', 'is not given; apiKeys: {} turns API keys on');
    return this.options.apiKeys.maxPerUser;
  }

  private store(): ApiKeyStore {
    if (this.given) return this.given;
    throw AuthError.configuration('storage.apiKeys', 'is missing; drizzleStorage brings one');
  }
}

const apiKeySchema = group({
  name: text('a name of 1 to 200 visible characters').max(200).refine(isVisible),
  permissions: list(text('the name of a permission').refine(isVisible)).optional(),
  expiresIn: whole(1, MOST_SECONDS).optional(),
});

/** What the host gave. Throws `configuration_invalid`, naming the member. */
export function readApiKeyInput(input: NewApiKeyInput): NewApiKeyInput {
  return readOptions(apiKeySchema, input, { of: 'createApiKey', prefix: 'createApiKey' });
}
