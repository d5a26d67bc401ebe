/**
 * What each workload can do, told by the room that does it and shown by the room that describes models: rooms do not
 * know one another.
 */
import { Injectable } from '@nestjs/common';

export interface TaskCapabilities {
  endpoints: string[];
  /** Request fields by what becomes of them; nested ones dotted. */
  parameters: { honoured: string[]; accepted_without_effect: string[]; refused: string[] };
}

@Injectable()
export class Capabilities {
  private readonly byTask = new Map<string, TaskCapabilities>();

  declare(task: string, capabilities: TaskCapabilities): void {
    this.byTask.set(task, capabilities);
  }

  of(task: string): TaskCapabilities | null {
    return this.byTask.get(task) ?? null;
  }
}
