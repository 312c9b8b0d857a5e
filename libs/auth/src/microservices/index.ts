export { rpcAuthorization } from './rpc-token.js';
export { withAuthorization } from './with-authorization.js';
