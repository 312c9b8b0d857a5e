import { defence } from './defence.mjs';

const dpop = (...rest) => defence('RFC 9449', ...rest);
const PROOF = 'verify/dpop/dpop-proof.ts';
const KEY = 'verify/dpop/proof-key.ts';
const PROOFS = 'verify/dpop/dpop-proofs.service.ts';
const REDIS = 'redis/replay-script.ts';
const MEMORY = 'storage/memory-proof-replays.ts';
const SECOND = 'issue/flows/second-factor-login.flow.ts';

/** Contract, section 10: clients that hold a key. */
export const DPOP = [
  dpop(
    '4.2 typ of a proof is checked',
    PROOF,
    "if (own(header, 'typ') !== 'dpop+jwt') return refused('proof_type');",
    '',
    'T-dpf4',
  ),
  dpop(
    '4.3 a proof that contains a private key is refused',
    KEY,
    'if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined;',
    '',
    'T-dpf4',
  ),
  dpop(
    '4.3 a key that does not fit its algorithm is refused',
    KEY,
    "assertKeyFits('jwk', algorithm, publicKey);",
    '',
    'T-dpf4 T-dpf5',
  ),
  dpop(
    '4.3 the signature is checked',
    PROOF,
    'if (!signatureFits(',
    'if (false && !signatureFits(',
    'T-dpf4',
  ),
  dpop(
    '4.3 the method is compared',
    PROOF,
    "if (htm !== target.method) return refused('proof_method');",
    '',
    'T-dpf4',
  ),
  dpop(
    '4.3 the URI is compared',
    PROOF,
    "if (targetUri(htu) !== target.uri) return refused('proof_uri');",
    '',
    'T-dpf4',
  ),
  dpop(
    '4.3 the time is checked',
    PROOF,
    'Math.abs(iat * 1000 - target.nowMs) > target.windowMs',
    'false',
    'T-dpf4',
  ),
  dpop('a jti has at most 128 characters', PROOF, ' || jti.length > MAX_JTI', '', 'T-dpf4'),
  dpop(
    '4.3 the proof names the access token',
    PROOFS,
    "if (bound && proof.ath !== tokenHash(bound.token)) return refused('proof_of_another_token');",
    '',
    'T-dpb3',
  ),
  dpop(
    '7.1 the proof is by the key of the token',
    PROOFS,
    "if (bound && proof.key !== bound.key) return refused('proof_by_another_key');",
    '',
    'T-dpb3',
  ),
  dpop(
    '4.3 two proofs in one request are refused',
    PROOFS,
    "if (others.length > 0) return refused('proof_malformed');",
    '',
    'T-dpb3',
  ),
  dpop('11.1 a proof works once, in Redis', REDIS, "'NX', ", '', 'T-dpg2'),
  dpop(
    '9 after a flush a nonce is required',
    REDIS,
    'if ARGV[5] ~= id and',
    'if false and',
    'T-dpg3',
  ),
  dpop(
    '9 after a restart from a dump a nonce is required',
    REDIS,
    'if not id or kept ~= own then',
    'if not id then',
    'T-dpg4',
  ),
  dpop(
    '11.1 a proof works once, in one process',
    MEMORY,
    'if (this.#used.has(id)) return',
    'if (false) return',
    'T-dpg7',
  ),
  dpop(
    'the memory is bounded, and nobody holds more than is free',
    MEMORY,
    'if (held >= this.capacity - this.#used.size)',
    'if (false)',
    'T-dpg7 T-dpg8',
  ),
  dpop(
    'one holder cannot fill the memory',
    MEMORY,
    'if (held >= this.capacity - this.#used.size)',
    'if (this.#used.size >= this.capacity)',
    'T-dpg8',
  ),
  dpop(
    'a refused proof does not count against its holder',
    MEMORY,
    'this.#count(used.holder, -1);',
    'void used.holder;',
    'T-dpg9',
  ),
  dpop(
    'a proof works for 60 seconds',
    PROOFS,
    'const WINDOW_SECONDS = 60;',
    'const WINDOW_SECONDS = 600;',
    'T-dph5',
  ),
  dpop(
    'the configured origin decides, not Host',
    PROOFS,
    'this.options.dpop?.origin ?? ownOrigin',
    'ownOrigin',
    'T-dph6',
  ),
  dpop(
    'all keys of an account share one part of the memory',
    PROOFS,
    'holder: bound?.account ?? proof.key',
    'holder: proof.key',
    'T-dph4',
  ),
  dpop(
    'a refused proof is not remembered',
    PROOFS,
    'this.replays.forget(proved.id);',
    'void proved.id;',
    'T-dph2',
  ),
  dpop(
    'the proof of a refresh with an unknown outcome stays remembered',
    PROOFS,
    "if (isRefusal || doubt === 'forget')",
    'if (isRefusal || doubt)',
    'T-dph2',
  ),
  dpop(
    'the second step is proved by the key of the first',
    SECOND,
    'assertSameKey(waiting.data.provedKey, client.provedKey);',
    '',
    'T-j529',
  ),
  dpop(
    'a proof in the first message names the URL of its socket',
    'verify/guards/graphql-call.ts',
    "method: 'GET', url, originalUrl, ip,",
    "method: 'GET', ip,",
    'T-dph3',
  ),
  dpop(
    'a bound refresh token needs a proof by its own key',
    'issue/sessions/rotation.service.ts',
    'return bound?.key === provedKey ? undefined : bound?.kind;',
    'return undefined;',
    'T-dpb4',
  ),
];
