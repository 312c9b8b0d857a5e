export { rpcAuthorization } from '../guards/rpc-token.js';
export { withAuthorization } from './with-authorization.js';
