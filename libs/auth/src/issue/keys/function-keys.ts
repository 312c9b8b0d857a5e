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
 * Keys from any function, for example one that asks a secrets manager; it is called again at
 * `keyRotation.refreshEvery`. It returns `{ keys }`, a JWKS whose keys have `kid` and `alg`,
 * private members if they sign, and optionally `nbf` (seconds), from when they sign. It returns `{
 * keys, sign }` with public keys if they sign in a KMS. If it throws, the keys stay unchanged.
 */
export function keysFrom(read: () => SourceKeys | Promise<SourceKeys>): KeySource {
  return new FunctionKeys(readOptions(hook<typeof read>(), read, { of: 'keysFrom' }));
}
