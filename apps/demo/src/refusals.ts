import { BadRequestException, NotFoundException } from '@nestjs/common';

/** The demo's own refusals have the shape of Tokenward's (contract, section 4). */
export const invalidInput = (message: string) =>
  new BadRequestException({
    statusCode: 400,
    error: 'Bad Request',
    message,
    code: 'invalid_input',
  });

export const notFound = (message: string) =>
  new NotFoundException({ statusCode: 404, error: 'Not Found', message, code: 'not_found' });
