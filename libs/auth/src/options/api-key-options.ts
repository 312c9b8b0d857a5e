import { group, whole } from '../common/option-schema.js';

/** API keys. They are on when this option is given; `{}` is enough. Without it their routes answer 404. */
export interface ApiKeyOptions {
  /** Live keys that one user may have. Default 100. */
  readonly maxPerUser?: number;
}

export const apiKeysSchema = group({ maxPerUser: whole(1, 10_000).prefault(100) });
