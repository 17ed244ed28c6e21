import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { Payload } from '../wire/payload';

/** Changes of payloads, said after they were committed; what the push channel to servers carries. */
@Injectable()
export class PayloadEvents {
  readonly changed = new Subject<Payload>();
}
