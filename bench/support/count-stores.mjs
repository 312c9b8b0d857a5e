// Preloaded into a demo (`NODE_OPTIONS=--import …`): how often a request that has the header `x-counted` itself writes
// to PostgreSQL and Redis, by the header's value. `x-counted: tell` is answered with what was counted.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';
import { Socket } from 'node:net';

const counting = new AsyncLocalStorage();
const counts = {};
const stores = new Map(
  [
    ['postgres', 'DATABASE_URL', '5432'],
    ['redis', 'REDIS_URL', '6379'],
  ].map(([name, variable, usual]) => {
    const url = process.env[variable];
    return [url && Number(new URL(url).port || usual), name];
  }),
);

const { emit } = Server.prototype;
Server.prototype.emit = function (event, request, response) {
  const name = event === 'request' ? request.headers['x-counted'] : undefined;
  if (name === undefined) return Reflect.apply(emit, this, arguments);
  if (name === 'tell') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(counts));
    return true;
  }
  counts[name] ??= { requests: 0, postgres: 0, redis: 0 };
  counts[name].requests += 1;
  return counting.run(counts[name], () => Reflect.apply(emit, this, arguments));
};

const { write } = Socket.prototype;
Socket.prototype.write = function () {
  const of = counting.getStore();
  const store = of && stores.get(this.remotePort);
  if (store) of[store] += 1;
  return Reflect.apply(write, this, arguments);
};
