import { UseGuards } from '@nestjs/common';
import { Query, Resolver, Subscription } from '@nestjs/graphql';
import {
  CurrentUser,
  type Principal,
  NoActor,
  Public,
  RequireBound,
  Roles,
  RolesGuard,
  OriginGuard,
  ThrottleGuard,
  TokenVersionGuard,
} from '@tokenward/nestjs';
import { TrustIssuers } from '@tokenward/nestjs/issuers';
import { NAMED } from './trusting-routes.js';

async function* everyTick(id: string) {
  for (;;) {
    yield id;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

@Resolver()
export class Things {
  @Query(() => String)
  me(@CurrentUser() user: Principal, @CurrentUser('id') id: string) {
    return user.id === id ? id : 'somebody else';
  }

  @Roles('keeper')
  @UseGuards(RolesGuard, TokenVersionGuard)
  @Query(() => String)
  admin(@CurrentUser('role') role: string) {
    return role;
  }

  @RequireBound()
  @Query(() => String)
  bound(@CurrentUser('bound') by: Principal['bound']) {
    return by;
  }

  @NoActor()
  @Query(() => String)
  own(@CurrentUser('actor') actor: Principal['actor']) {
    return actor?.id ?? 'own';
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  ticks(@CurrentUser('id') id: string) {
    return everyTick(id);
  }

  @TrustIssuers(NAMED)
  @Subscription(() => String, { resolve: (value: string) => value })
  sharedTicks(@CurrentUser('id') id: string) {
    return everyTick(id);
  }

  @Public()
  @UseGuards(OriginGuard, ThrottleGuard)
  @Query(() => String)
  door() {
    return 'open';
  }

  @Public()
  @Query(() => Boolean)
  open(@CurrentUser() user: Principal | undefined) {
    return user === undefined;
  }
}
