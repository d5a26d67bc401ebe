/** The list of rooms. */
import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { ChatModule } from './chat/chat.module.js';
import { ConfigModule } from './common/config/config.module.js';
import type { Config } from './common/config/config.js';
import { LifecycleModule } from './common/lifecycle/lifecycle.module.js';
import { MetricsModule } from './common/metrics/metrics.module.js';
import { HealthModule } from './health/health.module.js';
import { InferenceModule } from './inference/inference.module.js';
import { ModelModule } from './model/model.module.js';
import { PredictModule } from './predict/predict.module.js';
import { V2Module } from './predict/v2/v2.module.js';

@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LifecycleModule,
        MetricsModule,
        AuthModule,
        InferenceModule,
        HealthModule,
        ModelModule,
        ChatModule,
        PredictModule,
        V2Module,
      ],
    };
  }
}
