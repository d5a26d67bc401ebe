/** Gives the one `Metrics` to every room, and `/metrics` to the main port. */
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

@Global()
@Module({
  controllers: [MetricsController],
  providers: [
    {
      provide: Metrics,
      inject: [CONFIG],
      useFactory: (config: Config) => new Metrics({ vllmAliases: config.METRICS_ALIASES === 'vllm' }),
    },
  ],
  exports: [Metrics],
})
export class MetricsModule implements OnApplicationShutdown {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  onApplicationShutdown(): void {
    this.metrics.stop();
  }
}
