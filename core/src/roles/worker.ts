/** The role that runs jobs, and sees to it that the periodic ones are scheduled. */
import type { JobDefinition, JobHandler } from '../lib/queue/job.ts';
import type { Queue, Schedule } from '../lib/queue/queue.ts';

export interface WorkerDeps {
  queue: Queue;
  handlers: readonly JobHandler[];
  schedules: readonly {
    id: string;
    job: JobDefinition<Record<string, never>>;
    schedule: Schedule;
    payload: Record<string, never>;
  }[];
}

/** @throws Error unless each job has exactly one handler */
export const startWorker = async ({ queue, handlers, schedules }: WorkerDeps): Promise<void> => {
  await queue.start(handlers);
  for (const { id, schedule, job, payload } of schedules) await queue.cron(id, schedule, job, payload);
};
