import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import { TrustedIssuers } from './issuers/trusted-issuers.service.js';
import { KeyLookup } from './keys/key-lookup.port.js';
import type { Trust } from './tenants/ask-whose.js';
import {
  AccessTokenVerifier,
  type VerificationOutcome,
} from './tokens/access-token-verifier.service.js';

type Accepted = Extract<VerificationOutcome, { kind: 'accepted' }>;
/** `reason` is private. */
export type Recognised = Accepted | { readonly kind: 'refused'; readonly reason: string };

/** The proof of a bound token is asked for later, by `BoundTokens`. */
const PROVED_HERE = { keyBound: 'told' } as const;

/** Whose a token is: ours, or of an issuer that the route trusts. It knows nothing of revocation. */
@Injectable()
export class TokenRecognition {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly lookup?: KeyLookup,
    private readonly trusted?: TrustedIssuers,
  ) {}

  /** Synchronous, without I/O, for every key that this process knows. Throws `unavailable`. */
  recognise(token: string, trust: Trust | undefined): Recognised | Promise<Recognised> {
    const remembered = trust && this.trusted?.remembered(token, trust);
    if (remembered) return ofAnotherIssuer(remembered);
    const outcome = this.verifier.verifyAny(token, PROVED_HERE);
    if (outcome instanceof Promise) return outcome.then((settled) => this.known(token, settled));
    const foreign = outcome.kind === 'refused' && trust && this.trusted?.verify(token, trust);
    if (!foreign) return this.known(token, outcome);
    return foreign instanceof Promise ? foreign.then(ofAnotherIssuer) : ofAnotherIssuer(foreign);
  }

  private known(token: string, outcome: VerificationOutcome): Recognised | Promise<Recognised> {
    if (outcome.kind === 'accepted' || !this.lookup || outcome.reason !== 'key_unknown')
      return outcome;
    return this.afterLookingAgain(this.lookup, token);
  }

  /** The key may be new, so its source is read again before the token is refused. */
  private async afterLookingAgain(lookup: KeyLookup, token: string): Promise<Recognised> {
    await lookup.lookAgain();
    const outcome = await this.verifier.verifyAny(token, PROVED_HERE);
    const isUnknown = outcome.kind === 'refused' && outcome.reason === 'key_unknown';
    if (isUnknown && !lookup.isComplete())
      throw AuthError.unavailable(
        'neither this process nor the database can tell whether this key exists',
      );
    return outcome;
  }
}

function ofAnotherIssuer(outcome: VerificationOutcome): Recognised {
  if (outcome.kind === 'accepted') return outcome;
  return { kind: 'refused', reason: `of another issuer: ${outcome.reason}` };
}
