import assert from 'node:assert/strict';
import {
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const PASSWORD = 'a quiet harbour at dawn';

/** The complete flow of an MCP client, with the SDK's own code. */
export async function walk(url) {
  const resource = `${url}/mcp`;
  const post = async (path, body, token) => {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    };
    return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  const signIn = async (email) => {
    const answer = await post('/auth/login', { email, password: PASSWORD, transport: 'bearer' });
    assert.equal(answer.status, 200);
    return (await answer.json()).accessToken;
  };
  const connect = async (token) => {
    const client = new Client({ name: 'walk', version: '1.0.0' });
    const requestInit = token && { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
    return client;
  };

  // no token and an invalid token: 401 with the place to sign in
  for (const token of [undefined, 'x.y.z']) {
    await assert.rejects(
      connect(token),
      (error) => error.code === 401 || /401|Unauthorized/i.test(error.message),
    );
    const refused = await post('/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, token);
    assert.equal(refused.status, 401);
    const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
    const found = await discoverOAuthProtectedResourceMetadata(resource, { resourceMetadataUrl });
    assert.equal(found.resource, resource);
    assert.deepEqual(found.authorization_servers, [url]);
    assert.deepEqual(found.bearer_methods_supported, ['header']);
    // the document is also found without the challenge
    assert.deepEqual(await discoverOAuthProtectedResourceMetadata(resource), found);
  }

  // Ada reads and writes
  const token = await signIn('ada@example.com');
  const ada = await connect(token);
  assert.deepEqual(namesOf(await ada.listTools()), ['read_notes', 'write_note']);
  await ada.callTool({ name: 'write_note', arguments: { text: 'buy milk' } });
  assert.deepEqual(contentOf(await ada.callTool({ name: 'read_notes', arguments: {} })).notes, [
    'buy milk',
  ]);

  // Bob may not write: the tool is hidden, a call of it is refused, and he does not see Ada's notes
  const bob = await connect(await signIn('bob@example.com'));
  assert.deepEqual(namesOf(await bob.listTools()), ['read_notes']);
  await assert.rejects(bob.callTool({ name: 'write_note', arguments: { text: 'mine' } }));
  assert.deepEqual(contentOf(await bob.callTool({ name: 'read_notes', arguments: {} })).notes, []);

  // signed out: the next call of the same client is 401
  assert.equal((await post('/auth/logout', {}, token)).status, 204);
  await assert.rejects(ada.callTool({ name: 'read_notes', arguments: {} }), /401|Unauthorized/i);
  await Promise.all([ada.close(), bob.close()]);
}

const namesOf = ({ tools }) => tools.map(({ name }) => name).sort();
const contentOf = ({ content }) => JSON.parse(content[0].text);
