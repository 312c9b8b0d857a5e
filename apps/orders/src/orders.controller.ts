import { Controller, Get } from '@nestjs/common';
import { CurrentUser, type Principal } from '@tokenward/nestjs/verify';

/** An access token of the issuer is enough: this service has no users. */
@Controller('orders')
export class OrdersController {
  @Get()
  list(@CurrentUser() user: Principal) {
    return {
      customer: user.id,
      role: user.role,
      orders: [{ id: 1, item: 'Ward of tokens', quantity: 1 }],
    };
  }
}
