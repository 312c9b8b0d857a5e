// The pages of docs/options/, from the doc comments of the interfaces that they show, and the list of them on
// docs/options.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');

/** Page → what it holds: heading, file relative to libs/auth/src, interface, prefix of every option. */
const PAGES = {
  module: [
    'The module, handles and routes',
    ['The module’s shape', 'options/auth-options', 'AuthModuleExtras', ''],
    ['Handles', 'auth.module-definition', 'AuthModuleOptions', ''],
    ['Data', 'options/auth-options', 'AuthOptions', ''],
    ['routes', 'options/auth-options', 'RouteOptions', 'routes.'],
  ],
  tokens: [
    'Access and refresh tokens',
    ['accessToken', 'options/auth-options', 'AccessTokenOptions', 'accessToken.'],
    [
      'accessToken.encryption',
      'options/encryption-options',
      'EncryptionOptions',
      'accessToken.encryption.',
    ],
    ['accessToken.encryption.keys', 'options/encryption-options', 'EncryptionKeyOptions', ''],
    ['accessToken.legacy', 'options/legacy-options', 'LegacyIssuerOptions', ''],
    ['refreshToken', 'options/auth-options', 'RefreshTokenOptions', 'refreshToken.'],
  ],
  keys: [
    'Signing keys',
    ['keys', 'options/key-options', 'StaticKeysOptions', 'keys.'],
    ['keyRotation', 'options/key-options', 'KeyRotationOptions', 'keyRotation.'],
    ['keyDirectory(path, …)', 'issue/keys/file-keys', 'KeyDirectoryOptions', ''],
    ['drizzleKeySource(db, …)', 'drizzle/drizzle-key-source.store', 'DrizzleKeySourceOptions', ''],
  ],
  sessions: [
    'Sessions, cookies and origins',
    ['sessions', 'options/auth-options', 'SessionOptions', 'sessions.'],
    ['cookies', 'options/cookie-options', 'CookieOptions', 'cookies.'],
    ['cookies.formerScopes', 'options/cookie-options', 'CookieScope', ''],
    ['transports', 'options/auth-options', 'TokenDeliveryOptions', 'transports.'],
    ['origins', 'options/auth-options', 'OriginOptions', 'origins.'],
    ['dpop', 'options/dpop-options', 'DpopOptions', 'dpop.'],
  ],
  'sign-in': [
    'Signing in',
    ['identifier', 'options/identifier-options', 'IdentifierOptions', 'identifier.'],
    ['tenants', 'options/tenant-options', 'TenantOptions', 'tenants.'],
    ['registration', 'options/identifier-options', 'RegistrationOptions', 'registration.'],
    ['passwords', 'options/password-options', 'PasswordOptions', 'passwords.'],
    ['throttle', 'options/auth-options', 'ThrottleLimits', 'throttle.'],
    ['accounts', 'options/account-options', 'AccountOptions', 'accounts.'],
    ['factors', 'options/factor-options', 'FactorOptions', 'factors.'],
    ['totp(…)', 'totp/totp', 'TotpOptions', ''],
    ['passkeys(…)', 'passkeys/relying-party', 'PasskeyOptions', ''],
    ['oidc(…)', 'oidc/oidc-schema', 'OidcOptions', ''],
    ['oidc({ providers })', 'oidc/oidc-schema', 'OidcProvider', ''],
    ['apiKeys', 'options/api-key-options', 'ApiKeyOptions', 'apiKeys.'],
  ],
  stores: [
    'Stores, revocation and observation',
    ['drizzleStorage(db, …)', 'drizzle/drizzle-storage', 'DrizzleStorageOptions', ''],
    ['drizzleStorage(db, { users })', 'drizzle/user-columns', 'UserColumns', 'users.'],
    ['createAuthSchema(…)', 'drizzle/schema', 'AuthSchemaOptions', ''],
    ['redisConnection(client, …)', 'redis/redis-connection', 'RedisConnectionOptions', ''],
    ['revocation', 'options/auth-options', 'RevocationOptions', 'revocation.'],
    ['observe', 'options/observe-options', 'ObserveOptions', 'observe.'],
  ],
  services: [
    'Services that verify, other issuers, discovery',
    ['forResourceServer(…)', 'options/resource-server-options', 'ResourceServerOptions', ''],
    [
      'forResourceServer(…): handles',
      'verify/verify.module-definition',
      'ResourceServerModuleOptions',
      '',
    ],
    ['forResourceServer({ jwks })', 'options/remote-jwks-options', 'RemoteJwksOptions', 'jwks.'],
    [
      'forResourceServer({ dpop })',
      'options/resource-server-options',
      'ResourceServerDpopOptions',
      'dpop.',
    ],
    ['trustedIssuers[]', 'options/issuer-options', 'TrustedIssuerOptions', ''],
    ['trustedIssuers[].jwks', 'options/issuer-options', 'ForeignJwksOptions', ''],
    ['discovery', 'options/discovery-options', 'DiscoveryOptions', 'discovery.'],
    [
      'discovery.resource',
      'options/discovery-options',
      'ProtectedResourceOptions',
      'discovery.resource.',
    ],
  ],
};

/** Path → text. @throws where a group of `AuthOptions` is on no page */
export function optionPages() {
  const shown = new Set(
    Object.values(PAGES).flatMap(([, ...groups]) => groups.map(([, , name]) => name)),
  );
  for (const { option, type } of describe('options/auth-options', 'AuthOptions').members)
    for (const [name] of type.matchAll(/\b\w+Options\b/g))
      if (!shown.has(name))
        throw new Error(`${option}: ${name} is on no page of tools/docs-options.mjs`);
  const pages = Object.entries(PAGES).map(([page, [title, ...groups]]) => [
    `docs/options/${page}.md`,
    pageOf(title, groups),
  ]);
  return [...pages, ['docs/options.md', opening()]];
}

function pageOf(title, groups) {
  const lines = [
    `# Options: ${title.replace(/^./, (letter) => letter.toLowerCase())}`,
    '',
    '<!-- Written by tools/docs-options.mjs from the doc comments of libs/auth/src; change those. -->',
    '',
    'How to read this, and the other groups: [options](../options.md).',
  ];
  for (const [heading, file, name, prefix] of groups) {
    const { comment, members } = describe(file, name);
    lines.push('', `## ${heading}`, '');
    if (comment) lines.push(prose(comment), '');
    for (const { option, type, text, optional } of members)
      lines.push(
        `- \`${prefix}${option}\`${optional ? '' : ' (required)'}, \`${type}\`${text && `: ${prose(text)}`}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

/** The hand-written text of docs/options.md, with the list of the pages. */
function opening() {
  const list = Object.entries(PAGES).map(
    ([page, [title, ...groups]]) =>
      `- [${title}](options/${page}.md): ${groups.map(([heading]) => `\`${heading}\``).join(', ')}`,
  );
  return read('docs/options.md').replace(
    /(<!-- groups:[^>]*-->\n)[\s\S]*?(<!-- \/groups -->)/,
    (_all, start, end) => `${start}\n${list.join('\n')}\n\n${end}`,
  );
}

function describe(file, name) {
  const path = `libs/auth/src/${file}.ts`;
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (each) => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  if (!found) throw new Error(`${path} has no interface ${name}`);
  return {
    comment: commentOf(found),
    members: found.members.flatMap((each) => rows(each, source, '', false)),
  };
}

function rows(member, source, prefix, insideOptional) {
  if (!ts.isPropertySignature(member) || !member.type) return [];
  const option = prefix + member.name.getText(source);
  const optional = insideOptional || member.questionToken !== undefined;
  if (ts.isTypeLiteralNode(member.type) && option !== 'verificationKeys')
    return member.type.members.flatMap((each) => rows(each, source, `${option}.`, optional));
  const type = member.type
    .getText(source)
    .replaceAll(/\/\*\*?[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/^\| /, '');
  return [{ option, type, optional, text: commentOf(member) }];
}

function commentOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  if (!doc || !ts.isJSDoc(doc)) return '';
  return (ts.getTextOfJSDocComment(doc.comment) ?? '').replaceAll(/\s+/g, ' ');
}

function prose(text) {
  return text
    .replaceAll(/contract, (sections? [\d ,and]*\d)/g, '[contract](../contract.md), $1')
    .replaceAll(/(?<![(/\w])docs\/([\w-]+\.md)/g, '[$1](../$1)');
}
