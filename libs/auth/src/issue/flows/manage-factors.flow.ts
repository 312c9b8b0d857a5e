import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { Principal } from '../../common/principal.js';
import { counts, type Factor, type PasskeyFactor } from '../../storage/factor.js';
import type { FactorAct, Factors } from '../../storage/factor-store.port.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { FreshProof } from '../factors/fresh-proof.service.js';
import {
  type CeremonyContext,
  type CeremonyOptions,
  PasskeyCeremonies,
} from '../factors/passkey-ceremonies.service.js';
import { newRecoveryCodes } from '../factors/recovery-codes.js';
import { TotpCodes } from '../factors/totp-codes.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { givingBack, LoginThrottle } from '../users/login-throttle.service.js';
import { CallerFlow } from './caller.flow.js';

/** Each sign-in of the owner reads them all, and a second step names all passkeys to the browser. */
const MOST_FACTORS = 100;

/** The caller's second factors. To add or remove one needs a fresh proof (`FreshProof`). */
@Injectable()
export class ManageFactorsFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly proof: FreshProof,
    private readonly codes: TotpCodes,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly caller: CallerFlow,
    private readonly announcer: Announcer,
    private readonly entropy: Entropy,
    private readonly throttle: LoginThrottle,
  ) {}

  async list({ id }: Principal): Promise<readonly Factor[]> {
    return (await this.methods.needStore().of(id)).all.filter(counts);
  }

  async startTotp(principal: Principal, name: string | undefined) {
    await this.roomFor(principal);
    const { email } = await this.caller.accountOf(principal);
    const id = this.entropy.uuid();
    const subject = principal.id;
    const { sealed, secret, uri } = this.codes.newSecret(subject, id, email);
    await this.methods
      .needStore()
      .propose({ id, subject, kind: 'totp', name, sealedSecret: sealed });
    return { id, secret, uri };
  }

  /** Returns recovery codes with the user's first factor. Throws `factor_refused` for a wrong code. */
  async confirmTotp(
    principal: Principal,
    { id, code }: { readonly id: string; readonly code: string },
  ) {
    const factors = await this.roomFor(principal);
    const pending = factors.all.find((each) => each.id === id);
    if (pending?.kind !== 'totp' || pending.confirmed)
      throw new AuthError('factor_not_found', 'no such secret waits for its first code');
    const step = this.codes.stepOf(pending, code);
    if (step === undefined) throw new AuthError('factor_refused', 'the first code is wrong');
    const first = factors.all.some(counts)
      ? undefined
      : newRecoveryCodes(principal.id, this.entropy);
    await this.add(principal, factors, { kind: 'totp_added', id, step, codes: first?.hashes });
    return first ? { recoveryCodes: first.codes } : {};
  }

  async renewRecoveryCodes(principal: Principal) {
    const factors = await this.factorsOf(principal);
    if (!factors.all.some(counts))
      throw new AuthError(
        'factor_not_found',
        'recovery codes replace a second factor, and the user has none',
      );
    const { codes, hashes } = newRecoveryCodes(principal.id, this.entropy);
    await this.add(principal, factors, { kind: 'recovery_codes_renewed', codes: hashes });
    return { recoveryCodes: codes };
  }

  async registerOptions(
    principal: Principal,
    origin: string | undefined,
  ): Promise<CeremonyOptions> {
    const { all, state } = await this.roomFor(principal);
    const known = all.filter((each): each is PasskeyFactor => each.kind === 'passkey');
    const account = await this.caller.accountOf(principal);
    return this.ceremonies.registerOptions(account, state, known, origin);
  }

  async register(
    principal: Principal,
    input: { readonly ticket: string; readonly response: unknown; readonly name?: string },
    context: CeremonyContext,
  ): Promise<{ readonly id: string }> {
    const factors = await this.roomFor(principal);
    const { id: subject } = principal;
    const credential = await this.ceremonies.registered(
      subject,
      input.ticket,
      input.response,
      context,
    );
    if (!credential) throw new AuthError('factor_refused', 'the answer was not accepted');
    const id = this.entropy.uuid();
    const passkey = { ...credential, id, subject, kind: 'passkey' as const, name: input.name };
    await this.add(principal, factors, { kind: 'passkey_added', passkey });
    return { id };
  }

  async remove(principal: Principal, id: string): Promise<void> {
    await this.change(principal, await this.factorsOf(principal), { kind: 'removed', id });
  }

  /**
   * Before one is added; no two requests add the last one, since a change of factors wants the state that was read
   * here.
   */
  private async roomFor(principal: Principal): Promise<Factors> {
    const factors = await this.factorsOf(principal);
    if (factors.all.filter(counts).length < MOST_FACTORS) return factors;
    throw new AuthError('input_invalid', 'the user has reached the limit of factors', {
      fields: { name: `there are ${MOST_FACTORS} factors already; remove one first` },
    });
  }

  private async factorsOf(principal: Principal): Promise<Factors> {
    const factors = await this.proof.of(principal);
    if (!factors) throw new AuthError('factor_not_found', 'factors is not configured');
    return factors;
  }

  /** Throws `throttled` for an account that does it too often. */
  private async add(principal: Principal, factors: Factors, act: FactorAct): Promise<void> {
    await givingBack(await this.throttle.admitFactor(principal.id), () =>
      this.change(principal, factors, act),
    );
  }

  private async change(principal: Principal, { state }: Factors, act: FactorAct): Promise<void> {
    const { id: subject, sessionId } = principal;
    const outcome = await this.methods
      .needStore()
      .change({ subject, expected: state, sessionId, actorId: subject, act });
    if (outcome.kind === 'superseded')
      throw new AuthError('token_refused', 'the factors or the sessions changed meanwhile', {
        cookies: 'keep',
      });
    if (outcome.kind === 'unfit') throw unfit(act);
    await this.announcer.announce(outcome);
  }
}

function unfit({ kind }: FactorAct): AuthError {
  if (kind === 'passkey_added')
    return new AuthError('input_invalid', 'the credential is registered already', {
      fields: { response: 'is a passkey that is registered already' },
    });
  return new AuthError('factor_not_found', 'no such factor of the caller');
}
