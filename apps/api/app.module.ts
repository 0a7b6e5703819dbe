/** The API as a Nest module around an open ledger. */
import { type DynamicModule, Module } from '@nestjs/common';
import type { Ledger } from '../../libs/ledger/ledger';
import { LedgerModule } from '../../libs/ledger/ledger.module';
import { Contract } from './contract/contract';
import { DocsController } from './contract/docs.controller';
import { Lasting } from './lasting';
import { Limits } from './limits';
import { CatalogueController } from './routes/catalogue.controller';
import { COMMAND_CONTROLLERS } from './routes/commands.controller';
import { QuestionsController } from './routes/questions.controller';

@Module({})
export class ApiModule {
  static forRoot(ledger: Ledger, limits: Limits): DynamicModule {
    return {
      module: ApiModule,
      imports: [LedgerModule.forRoot(ledger)],
      controllers: [...COMMAND_CONTROLLERS, CatalogueController, QuestionsController, DocsController],
      providers: [Contract, Lasting, { provide: Limits, useValue: limits }],
    };
  }
}
