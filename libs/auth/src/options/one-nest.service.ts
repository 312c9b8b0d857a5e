import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';

/**
 * With two copies of `@nestjs/common`, as in a monorepo, the application has another `HttpException` and another
 * `Logger` than Tokenward. Everything is still guarded, so the boot goes on.
 */
@Injectable()
export class OneNest implements OnModuleInit {
  private readonly logger = new Logger('Tokenward');

  onModuleInit(): void {
    // made by Nest's core with the copy that the application has
    const theirs: unknown = Reflect.get(BaseExceptionFilter, 'logger');
    if (theirs === undefined || theirs instanceof Logger) return;
    this.logger.warn(
      "two copies of @nestjs/common are loaded: a filter of yours for HttpException does not see Tokenward's refusals, one for everything may answer them with 500, and your logger does not get these lines. Install one copy: npm ls @nestjs/common",
    );
  }
}
