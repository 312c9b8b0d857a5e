// The guard of docs.nestjs.com/security/authentication, as it stands there, with HS256 and a string, RS256 and a PEM,
// RS256 and a KeyObject.
import { createPublicKey } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { hostOf, injectable, listen } from '../support/nest.mjs';
import { accessToken } from '../support/tokens.mjs';

class AuthGuard {
  constructor(jwtService) {
    this.jwtService = jwtService;
  }

  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || !token) throw new UnauthorizedException();
    try {
      request.user = await this.jwtService.verifyAsync(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

export async function serve(adapter, { keys, variant }) {
  const algorithm = variant === 'hs256' ? 'HS256' : 'RS256';
  const key = {
    hs256: () => ({ secret: keys.secret }),
    'rs256-pem': () => ({ publicKey: keys.publicPem }),
    'rs256-key': () => ({ secretOrKeyProvider: () => createdKey }),
  }[variant]();
  const createdKey = createPublicKey(keys.publicPem);
  const imports = [JwtModule.register({ ...key, verifyOptions: { algorithms: [algorithm] } })];
  const { app, url } = await listen(
    hostOf({ guard: injectable(AuthGuard, JwtService), imports }),
    adapter,
  );
  const headers = { authorization: `Bearer ${accessToken(keys, algorithm)}` };
  return { url, headers, stop: () => app.close() };
}
