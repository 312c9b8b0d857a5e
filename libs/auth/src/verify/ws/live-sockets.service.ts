import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { AuthenticateFlow } from '../authenticate.js';
import { changedRights } from '../changed-rights.js';
import type { PresentedToken } from '../presented-token.js';
import { clientAddress, type HttpRequest } from '../http/adapter.js';
import { forgetPrincipal, setPrincipal } from '../guards/call-context.js';
import { judgeOrigin } from '../http/origin-policy.js';
import { presentedAccessToken, presentedCookie } from '../http/token-extractor.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type CloseSocket, type Ending, TOKEN_REFUSED, VIEW_UNPROVEN } from './close-socket.js';
import { type LiveConnection, LiveConnections } from './live-connections.service.js';
import { WaitingRoom } from './waiting-room.js';

const FIRST_MESSAGE_WITHIN_MS = 5_000;
/** How many sockets without a token may wait for their first message: from one address, and in all. */
const WAITING_OF_AN_ADDRESS = 200;
const WAITING = 2_000;

/**
 * Node's `IncomingMessage`, as ws passes it on and socket.io keeps it in `socket.request`. Behind a proxy, set `ip`
 * to the client's address.
 */
export type Handshake = Omit<HttpRequest, 'socket'> & {
  readonly socket?: object & { readonly remoteAddress?: string | undefined };
};
export type SocketStanding = 'authenticated' | 'waiting' | 'closed';

interface State {
  readonly close: CloseSocket;
  readonly ip: string | undefined;
  readonly handshake: Handshake;
  connection?: LiveConnection;
  /** Whose rights the socket was given. */
  principal?: Principal;
  /** Ends the wait for the first message. */
  waited?: () => void;
  standing: SocketStanding;
  /** Tokens are checked one after the other, in the order of arrival. */
  turn: Promise<unknown>;
}

/** A socket of socket.io, whose rooms and data `connectionStateRecovery` restores before any token is checked. */
interface Recoverable {
  readonly recovered?: boolean;
  readonly data?: unknown;
}

/**
 * Signs a socket in, with any adapter: by the access cookie (or `Authorization`) of the handshake, or by its first
 * message. It accepts a fresh token at any time. `client` is what Nest hands to a gateway, so that `JwtAuthGuard` and
 * `@CurrentUser()` find the caller on it.
 */
@Injectable()
export class LiveSockets {
  private readonly states = new WeakMap<object, State>();
  private readonly waiting = new WaitingRoom(WAITING_OF_AN_ADDRESS, WAITING);
  /** Who joined the rooms that a recovered socket finds itself in, by the data that comes with them. */
  private readonly recoverable = new WeakMap<object, Principal>();

  constructor(
    private readonly flow: AuthenticateFlow,
    private readonly options: ResolvedAuthOptions,
    private readonly connections: LiveConnections,
  ) {}

  /**
   * False for a handshake with a cookie from a foreign `Origin`, because the same-origin policy does not apply to
   * WebSockets (RFC 6455, section 10.2).
   */
  allows(handshake: Handshake): boolean {
    const cookie = presentedCookie(handshake as HttpRequest, this.options.cookies.accessName);
    return (
      cookie.kind === 'none' ||
      judgeOrigin(handshake as HttpRequest, this.options.origins) === 'passes'
    );
  }

  /**
   * To be called in `handleConnection`. If there is a cookie, only the cookie counts. Without a token the first message
   * must arrive within five seconds, or sooner if more than 200 sockets of one address, or 2,000 in all, wait. A socket
   * that socket.io has recovered goes on with a token of the same rights alone.
   */
  async open(client: object, handshake: Handshake, close: CloseSocket): Promise<SocketStanding> {
    const ip = clientAddress(handshake as HttpRequest);
    const state: State = { close, ip, handshake, standing: 'waiting', turn: Promise.resolve() };
    this.states.set(client, state);
    const { recovered, data } = client as Recoverable;
    if (recovered) state.principal = isObject(data) ? this.recoverable.get(data) : undefined;
    if (!this.allows(handshake) || (recovered && !state.principal))
      return this.shut(client, state, { code: TOKEN_REFUSED, reason: 'refused' });
    const presented = presentedAccessToken(
      handshake as HttpRequest,
      this.options.cookies.accessName,
      undefined,
      this.options.dpop ? 'read' : 'ignored',
    );
    if (presented.kind !== 'none') {
      const judged = this.judge(client, state, presented);
      state.turn = judged;
      return judged;
    }
    this.wait(client, state, ip);
    return 'waiting';
  }

  /**
   * A token in a message: the first, or a fresh one; with a `proof` (RFC 9449, `htm` GET, `htu` the socket's URL) if
   * it is bound to a key. A refused token closes the socket. If a store cannot answer, an open socket stays open.
   */
  present(client: object, token: unknown, proof?: unknown): Promise<SocketStanding> {
    const state = this.states.get(client);
    if (!state) return Promise.resolve('closed');
    const presented = presentedIn(state, token, this.options.dpop ? proof : undefined);
    const judged = state.turn.then(() => this.judge(client, state, presented));
    state.turn = judged;
    return judged;
  }

  /** The caller; undefined before the token arrived and after the socket was closed. */
  principalOf(client: object): Principal | undefined {
    return this.states.get(client)?.connection?.principal;
  }

  /** To be called in `handleDisconnect`. */
  closed(client: object): void {
    const state = this.states.get(client);
    if (state) this.forget(client, state);
  }

  private wait(client: object, state: State, ip: string | undefined): void {
    const patience = setTimeout(() => {
      this.shut(client, state, { code: TOKEN_REFUSED, reason: 'refused' });
    }, FIRST_MESSAGE_WITHIN_MS).unref();
    const leave = this.waiting.enter(ip, () => {
      this.shut(client, state, { code: VIEW_UNPROVEN, reason: 'crowded' });
    });
    state.waited = () => {
      clearTimeout(patience);
      leave();
    };
  }

  private async judge(
    client: object,
    state: State,
    presented: PresentedToken,
  ): Promise<SocketStanding> {
    if (state.standing === 'closed') return 'closed';
    try {
      const principal = await this.flow.authenticate(
        presented,
        undefined,
        state.handshake as HttpRequest,
      );
      // the socket may have closed while a store was asked
      if (this.standingOf(state) === 'closed') return 'closed';
      this.admit(client, state, principal);
      return this.standingOf(state);
    } catch (error) {
      const isUnavailable = error instanceof AuthError && error.code === 'unavailable';
      if (isUnavailable && state.connection) return state.standing;
      return this.shut(
        client,
        state,
        isUnavailable
          ? { code: VIEW_UNPROVEN, reason: 'unproven' }
          : { code: TOKEN_REFUSED, reason: 'refused' },
      );
    }
  }

  /**
   * Throws `token_refused` for a token of another user, and for one with other rights or, of another session, with
   * other data: the socket may stand in rooms by the former ones.
   */
  private admit(client: object, state: State, principal: Principal): void {
    if (state.principal && state.principal.id !== principal.id)
      throw new AuthError('token_refused', 'a token of another user');
    if (state.principal && changedRights(state.principal, principal) !== undefined)
      throw new AuthError('token_refused', 'a token with other rights');
    if (state.principal && isOtherSession(state.principal, principal))
      throw new AuthError('token_refused', 'a token of a session with other data');
    state.waited?.();
    state.standing = 'authenticated';
    state.principal = principal;
    const { data } = client as Recoverable;
    if (isObject(data)) this.recoverable.set(data, principal);
    setPrincipal(client, principal);
    if (state.connection) {
      state.connection.renew(principal);
      return;
    }
    const connection = this.connections.hold(
      principal,
      (ending) => {
        this.shut(client, state, ending);
      },
      (changed) => {
        const former = state.principal ?? principal;
        state.principal = changed;
        // as a user's: it may stand in rooms by its former role, and joins them anew
        if (changedRights(former, changed) === undefined) setPrincipal(client, changed);
        else this.shut(client, state, { code: TOKEN_REFUSED, reason: 'revoked' });
      },
    );
    if (this.standingOf(state) === 'authenticated') state.connection = connection;
  }

  private shut(client: object, state: State, ending: Ending): SocketStanding {
    if (state.standing === 'closed') return 'closed';
    this.forget(client, state);
    state.close(ending);
    return 'closed';
  }

  private forget(client: object, state: State): void {
    state.waited?.();
    state.standing = 'closed';
    state.connection?.release();
    state.connection = undefined;
    // messages still arrive until the peer answers the close frame
    forgetPrincipal(client);
  }

  /** Through a call, because callbacks change it in between. */
  private standingOf(state: State): SocketStanding {
    return state.standing;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The data of one session may change from token to token; that of another session may be of another place. */
function isOtherSession(former: Principal, now: Principal): boolean {
  const data = ({ actor, claims }: Principal) => [actor?.id, claims];
  return former.sessionId !== now.sessionId && !isDeepStrictEqual(data(former), data(now));
}

function presentedIn({ ip, handshake }: State, token: unknown, proof: unknown): PresentedToken {
  if (typeof token !== 'string' || !token)
    return { kind: 'refused', detail: 'the message holds no token' };
  if (typeof proof !== 'string') return { kind: 'token', value: token, source: 'bearer', ip };
  const { headers, url, originalUrl, raw, socket } = handshake as HttpRequest;
  const request = {
    headers: { ...headers, dpop: proof },
    method: 'GET',
    url,
    originalUrl,
    raw,
    socket,
  };
  return { kind: 'token', value: token, source: 'dpop', request };
}
