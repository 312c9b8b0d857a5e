interface RemoteArguments {
  getContext(): unknown;
  getData(): unknown;
}

const calls = new WeakMap<object, WeakMap<object, object>>();
const NO_CONTEXT = {};

/**
 * What stands for one remote call. Nest's transports make a context for each message; one of the host may pass its
 * connection for all of them, a text, or nothing. Then the caller of one message must not count as that of the next, so
 * context and data together are the key. Data that is not an object cannot carry a token.
 */
export function remoteCall(args: RemoteArguments): object | undefined {
  const [context, data] = [args.getContext(), args.getData()];
  if (!isObject(data)) return isObject(context) ? context : undefined;
  const key = isObject(context) ? context : NO_CONTEXT;
  let ofContext = calls.get(key);
  if (!ofContext) calls.set(key, (ofContext = new WeakMap()));
  let call = ofContext.get(data);
  if (!call) ofContext.set(data, (call = {}));
  return call;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
