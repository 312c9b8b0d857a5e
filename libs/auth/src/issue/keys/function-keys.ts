import { hook } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { KeySource, type SourceKeys } from '../../storage/key-source.port.js';

class FunctionKeys extends KeySource {
  readonly name = 'keySource';

  constructor(private readonly read: () => SourceKeys | Promise<SourceKeys>) {
    super();
  }

  async load(): Promise<SourceKeys> {
    return this.read();
  }
}

/**
 * Keys from any function, a secrets manager say; called again at `keyRotation.refreshEvery`. It returns `{ keys }`, a JWKS whose keys carry
 * `kid` and `alg`, private members where they sign, and `nbf` (seconds) from when; `{ keys, sign }` with public keys when they sign in a KMS. When
 * it throws, the keys stay as they are.
 */
export function keysFrom(read: () => SourceKeys | Promise<SourceKeys>): KeySource {
  return new FunctionKeys(readOptions(hook<typeof read>(), read, { of: 'keysFrom' }));
}
