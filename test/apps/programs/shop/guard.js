import { Injectable, UnauthorizedException } from '@nestjs/common';
import { decorateClass } from './decorate.js';

/** Lets in who has the key. */
export class KeyGuard {
  canActivate(context) {
    const { headers } = context.switchToHttp().getRequest();
    if (headers['x-api-key'] !== (process.env.API_KEY ?? 'secret')) throw new UnauthorizedException();
    return true;
  }
}
decorateClass(KeyGuard, [Injectable()]);
