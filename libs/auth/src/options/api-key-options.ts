import { group, whole } from '../common/option-schema.js';

/** API keys: on when this is given, `{}` will do. Their routes answer 404 without it. */
export interface ApiKeyOptions {
  /** Live keys that one user may have. Default 100. */
  readonly maxPerUser?: number;
}

export const apiKeysSchema = group({ maxPerUser: whole(1, 10_000).prefault(100) });
