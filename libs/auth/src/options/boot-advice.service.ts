import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import { adviceOn } from './advice.js';
import { ResolvedAuthOptions } from './resolved-options.js';

/** Logs every weak choice once, or stops the boot if `strictConfig` is set. */
@Injectable()
export class BootAdvice implements OnModuleInit {
  private readonly logger = new Logger('Tokenward');

  constructor(private readonly options: ResolvedAuthOptions) {}

  onModuleInit(): void {
    const production = process.env['NODE_ENV'] === 'production';
    const [first, ...others] = adviceOn(this.options, { production });
    if (!first) return;
    if (this.options.strictConfig)
      throw AuthError.configuration(first.option, `${first.text} (strictConfig)`);
    for (const { option, text } of [first, ...others]) this.logger.warn(`${option} ${text}`);
  }
}
