/** The API as a Nest module around an open ledger. */
import { type DynamicModule, Module } from '@nestjs/common';
import type { Ledger } from '../../libs/ledger/ledger';
import { LedgerModule } from '../../libs/ledger/ledger.module';
import { WhatIfJobs } from '../../libs/ledger/what-if-jobs';
import { Contract } from './contract/contract';
import { DocsController } from './contract/docs.controller';
import { Lasting } from './lasting';
import { Limits } from './limits';
import { Condition } from './observe/condition';
import { Metrics } from './observe/metrics';
import { BatchController } from './routes/batch.controller';
import { CatalogueController } from './routes/catalogue.controller';
import { COMMAND_CONTROLLERS } from './routes/commands.controller';
import { EventsController } from './routes/events.controller';
import { HealthController } from './routes/health.controller';
import { MetricsController } from './routes/metrics.controller';
import { QuestionsController } from './routes/questions.controller';
import { StreamController } from './routes/stream.controller';
import { WhatIfController } from './routes/what-if.controller';

/** What routes use beside the ledger. */
export interface Parts {
  readonly lasting: Lasting;
  readonly limits: Limits;
  readonly condition: Condition;
  readonly metrics: Metrics;
}

@Module({})
export class ApiModule {
  static forRoot(ledger: Ledger, parts: Parts): DynamicModule {
    return {
      module: ApiModule,
      imports: [LedgerModule.forRoot(ledger)],
      controllers: [
        ...COMMAND_CONTROLLERS,
        BatchController,
        EventsController,
        StreamController,
        CatalogueController,
        QuestionsController,
        WhatIfController,
        HealthController,
        MetricsController,
        DocsController,
      ],
      providers: [
        Contract,
        WhatIfJobs,
        { provide: Lasting, useValue: parts.lasting },
        { provide: Limits, useValue: parts.limits },
        { provide: Condition, useValue: parts.condition },
        { provide: Metrics, useValue: parts.metrics },
      ],
    };
  }
}
