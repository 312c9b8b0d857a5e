import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { publicJwk } from './public-jwk.js';

const FLAG = { present: 1, verified: 4, eligible: 8, backedUp: 16, attested: 64 } as const;

interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}

interface RequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
}

export interface AuthenticatorQuirks {
  readonly origin?: string;
  readonly rpId?: string;
  readonly counter?: number;
  readonly unverified?: true;
  readonly userHandle?: string;
}

/** A software passkey (ES256, no attestation) whose answers a test can change. */
export class SoftwarePasskey {
  readonly id: string;
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  private counter = 0;
  private userHandle = '';

  constructor(
    private readonly origin: string,
    private readonly synced: boolean = true,
    idBytes = 16,
  ) {
    this.id = randomBytes(idBytes).toString('base64url');
  }

  create(options: object, quirks: AuthenticatorQuirks = {}) {
    const { challenge, rp, user } = options as CreationOptions;
    this.userHandle = user.id;
    const id = Buffer.from(this.id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, cose(this.keys.publicKey)]);
    const authData = Buffer.concat([this.head(rp.id, quirks, FLAG.attested), attested]);
    const attestation = map([
      [text('fmt'), text('none')],
      [text('attStmt'), map([])],
      [text('authData'), bytes(authData)],
    ]);
    return this.credential({
      clientDataJSON: clientData('webauthn.create', challenge, quirks.origin ?? this.origin),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  get(options: object, quirks: AuthenticatorQuirks = {}) {
    const { challenge, rpId } = options as RequestOptions;
    const authenticatorData = this.head(rpId, quirks);
    const clientDataJSON = clientData('webauthn.get', challenge, quirks.origin ?? this.origin);
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest();
    const signature = sign(
      'sha256',
      Buffer.concat([authenticatorData, hash]),
      this.keys.privateKey,
    );
    return this.credential({
      clientDataJSON,
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: quirks.userHandle ?? this.userHandle,
    });
  }

  private credential(response: object) {
    return {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      clientExtensionResults: {},
      response,
    };
  }

  private head(rpId: string | undefined, quirks: AuthenticatorQuirks, more = 0): Buffer {
    const { rpId: given = rpId ?? '', counter = ++this.counter, unverified } = quirks;
    const flags =
      FLAG.present |
      (unverified ? 0 : FLAG.verified) |
      (this.synced ? FLAG.eligible | FLAG.backedUp : 0) |
      more;
    const rest = Buffer.alloc(5);
    rest.writeUInt8(flags);
    rest.writeUInt32BE(counter, 1);
    return Buffer.concat([createHash('sha256').update(given).digest(), rest]);
  }
}

function clientData(type: string, challenge: string, origin: string): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString(
    'base64url',
  );
}

/** RFC 9052: an EC2 key on P-256 for ES256. */
function cose(key: KeyObject): Buffer {
  const { x = '', y = '' } = publicJwk(key);
  const [kty, alg, crv] = [2, -7, 1];
  return map([
    [whole(1), whole(kty)],
    [whole(3), whole(alg)],
    [whole(-1), whole(crv)],
    [whole(-2), bytes(Buffer.from(x, 'base64url'))],
    [whole(-3), bytes(Buffer.from(y, 'base64url'))],
  ]);
}

/** The part of CBOR (RFC 8949) that is needed: definite lengths below 65,536. */
function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  if (length < 256) return Buffer.of((major << 5) | 24, length);
  return Buffer.of((major << 5) | 25, length >> 8, length & 255);
}
const whole = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value));
const bytes = (value: Buffer): Buffer => Buffer.concat([head(2, value.length), value]);
const text = (value: string): Buffer => Buffer.concat([head(3, value.length), Buffer.from(value)]);
const map = (entries: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, entries.length), ...entries.flat()]);
