import { Controller, ForbiddenException, Get, Header, Req } from '@nestjs/common';
import { Public } from '@tokenward/nestjs';
import { isDirect, isNamedLoopback, type LocalRequest } from '../loopback.js';
import { Mailbox, type Message } from './mailbox.js';

/** The mails that the demo would have sent, for the person at the machine. */
@Controller('mailbox')
@Public()
export class MailboxController {
  constructor(private readonly mailbox: Mailbox) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  read(@Req() request: LocalRequest): readonly Message[] {
    if (!isDirect(request) || !isNamedLoopback(request)) throw new ForbiddenException('Forbidden');
    return this.mailbox.list();
  }
}
