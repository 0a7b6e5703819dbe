/** The ledger as a Nest module: buses and handlers around one open ledger, whose owner closes it. */
import 'reflect-metadata';
import { type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { CqrsModule, UnhandledExceptionBus } from '@nestjs/cqrs';
import { COMMAND_HANDLERS, QUERY_HANDLERS } from './handlers';
import { Host } from './host';
import { Ledger } from './ledger';

@Module({})
export class LedgerModule implements OnApplicationBootstrap {
  constructor(private readonly unhandled: UnhandledExceptionBus) {}

  static forRoot(ledger: Ledger): DynamicModule {
    return {
      module: LedgerModule,
      imports: [CqrsModule.forRoot()],
      providers: [{ provide: Ledger, useValue: ledger }, ...COMMAND_HANDLERS, ...QUERY_HANDLERS, Host],
      exports: [Host, Ledger],
    };
  }

  /** A failure that Nest would only log is a defect of the process. */
  onApplicationBootstrap(): void {
    this.unhandled.subscribe(({ exception }) => {
      throw exception;
    });
  }
}
