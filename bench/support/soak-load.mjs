// What people do in the soak, at a steady pace, whoever is slow; and how long each of it took.
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

const TIMEOUT_MS = 30_000;
/** Of each, a second, over both processes. */
const PACE = { refresh: 30, guarded: 60, login: 1, revocation: 2, socket: 2 };
/** Sockets that are open at a time; an older one is closed for a new one. */
const SOCKETS = 200;

const oneOf = (list) => list[Math.floor(Math.random() * list.length)];

/** Sends a request to one of the processes, and throws the status unless it is a success. */
async function sendTo(urls, path, { body, token }) {
  const answer = await fetch(oneOf(urls) + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(String(answer.status));
  return text === '' ? undefined : JSON.parse(text);
}

/** Resolves with the socket once the server has answered its token. */
async function openSocket(urls, token) {
  const socket = new WebSocket(`${oneOf(urls).replace('http', 'ws')}/events`);
  socket.on('error', () => undefined);
  await new Promise((resolve, reject) => {
    socket.once('open', () => socket.send(JSON.stringify({ type: 'auth', token })));
    socket.once('message', resolve);
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
  return socket;
}

/** What each kind does once. */
function peopleOf({ urls, refreshTokens, user }) {
  const access = [];
  const sockets = [];
  let next = 0;

  const keep = (token) => {
    access.push(token);
    if (access.length > 2_000) access.shift();
  };
  const signIn = async () => {
    const body = { ...user, transport: 'bearer' };
    return (await sendTo(urls, '/auth/login', { body })).accessToken;
  };
  const kinds = {
    async refresh() {
      const at = next++ % refreshTokens.length;
      const refreshToken = refreshTokens[at];
      const answer = await sendTo(urls, '/auth/refresh', { body: { refreshToken } });
      refreshTokens[at] = answer.refreshToken;
      keep(answer.accessToken);
    },
    async guarded() {
      if (access.length > 0) await sendTo(urls, '/me', { token: oneOf(access) });
    },
    async login() {
      keep(await signIn());
    },
    /** A login and its end: as many sessions live afterwards as before. */
    async revocation() {
      await sendTo(urls, '/auth/logout', { body: {}, token: await signIn() });
    },
    async socket() {
      if (access.length === 0) return;
      sockets.push(await openSocket(urls, access.at(-1)));
      if (sockets.length > SOCKETS) sockets.shift().close();
    },
  };
  return { kinds, sockets };
}

/**
 * `refreshTokens`: of the sessions, which are refreshed one after the other, round and round. `pace`: how many times
 * PACE.
 */
export function soakLoad({ urls, refreshTokens, user, pace = 1 }) {
  const { kinds, sockets } = peopleOf({ urls, refreshTokens, user });
  let took = {};
  let failed = {};
  let isStopped = false;
  const under = new Set();

  const once = async (kind) => {
    const from = performance.now();
    try {
      await kinds[kind]();
      (took[kind] ??= []).push(performance.now() - from);
    } catch (error) {
      const what = `${kind}: ${error.message}`;
      failed[what] = (failed[what] ?? 0) + 1;
    }
  };
  const keepUp = async (kind) => {
    const from = performance.now();
    for (let sent = 0; !isStopped; await delay(10))
      for (
        ;
        !isStopped && sent < ((performance.now() - from) / 1_000) * PACE[kind] * pace;
        sent++
      ) {
        const running = once(kind).finally(() => under.delete(running));
        under.add(running);
      }
  };
  const running = Object.keys(kinds).map(keepUp);

  return {
    /** Of what ended since the last time: milliseconds by kind, and how often it failed. */
    take() {
      const taken = { took, failed, open: sockets.filter(isOpen).length };
      [took, failed] = [{}, {}];
      return taken;
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
      await Promise.all(under);
      for (const socket of sockets) socket.close();
    },
  };
}

const isOpen = (socket) => socket.readyState === WebSocket.OPEN;
