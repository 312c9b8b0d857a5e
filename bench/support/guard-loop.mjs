// The guard in a loop, without HTTP: CPU time a call, in rounds that take turns with what they are held against.
import { createPublicKey, verify } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { dist } from './servers.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 120;
/** Calls that are measured together; short, since the event loop stands still. */
const PIECE = 200;

/**
 * µs of CPU a call: a token seen before; a token never seen, by the guard and by the verifier alone; the bare
 * verification of a signature.
 */
export async function guardLoop(app, keys, tokens) {
  const { JwtAuthGuard } = await import(dist('libs/auth/src/index.js'));
  const { RequestAuthenticator } = await import(
    dist('libs/auth/src/verify/http/request-authenticator.service.js')
  );
  const { AccessTokenVerifier } = await import(
    dist('libs/auth/src/verify/tokens/access-token-verifier.service.js')
  );
  const verifier = app.get(AccessTokenVerifier, { strict: false });
  const guard = new JwtAuthGuard(app.get(RequestAuthenticator, { strict: false }));
  const requests = tokens.map(requestWith);
  const parts = tokens.map((token) => {
    const end = token.lastIndexOf('.');
    return [Buffer.from(token.slice(0, end)), Buffer.from(token.slice(end + 1), 'base64url')];
  });
  const key = createPublicKey(keys.publicPem);
  const kinds = {
    seen: () => guard.canActivate(contextOf(requests[0])),
    fresh: (at) => guard.canActivate(contextOf(requests[at])),
    verified: (at) => verifier.verify(tokens[at]).kind === 'accepted',
    signature: (at) => verify('sha256', parts[at][0], key, parts[at][1]),
  };
  const measured = { seen: [], fresh: [], verified: [], signature: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const [number, [kind, call]] of Object.entries(kinds).entries()) {
      await untilSync(kinds.seen);
      // none meets the tokens that the one before it left in the memory
      const from = ((round * 4 + number) * PIECE) % tokens.length;
      const micros = pieceOf(call, from);
      // the first rounds compile
      if (round >= ROUNDS / 4 && micros !== undefined) measured[kind].push(micros);
    }
  return Object.fromEntries(
    Object.entries(measured).map(([kind, values]) => [kind, median(values)]),
  );
}

/** Undefined where the view grew too old meanwhile, and a store was asked: on a machine that is busy elsewhere. */
function pieceOf(call, from) {
  const late = [];
  const before = process.cpuUsage();
  for (let at = from; at < from + PIECE; at++) {
    const verdict = call(at);
    if (verdict !== true) late.push(verdict);
  }
  const { user, system } = process.cpuUsage(before);
  if (late.includes(false)) throw new Error('a token was refused');
  for (const verdict of late) verdict.catch(() => undefined);
  return late.length > 0 ? undefined : (user + system) / PIECE;
}

/** Between two pieces the process hears of revocations, as it would between two requests. */
async function untilSync(call) {
  do await delay(5);
  while (await isLate(call()));
}

async function isLate(verdict) {
  if (verdict === true) return false;
  await verdict.catch(() => undefined);
  return true;
}

function requestWith(token) {
  const authorization = `Bearer ${token}`;
  // what a browser or a proxy sends along
  const others = {
    host: '127.0.0.1',
    'user-agent': 'bench',
    accept: '*/*',
    'accept-language': 'en',
    connection: 'keep-alive',
  };
  const headers = { ...others, authorization };
  return { method: 'GET', url: '/things', headers, rawHeaders: Object.entries(headers).flat() };
}

class Things {
  things() {
    return undefined;
  }
}

function contextOf(request) {
  const context = new ExecutionContextHost([request, undefined], Things, Things.prototype.things);
  context.setType('http');
  return context;
}
