import { describe, expect, it } from 'vitest';
import { AppError } from '../common/errors/app-error.js';
import { Admission } from './admission.js';

const full = (admission: Admission): AppError => {
  try {
    admission.admit();
  } catch (error) {
    return error as AppError;
  }
  throw new Error('it was admitted');
};

describe('Admission', () => {
  it('takes slots + queue requests and refuses the next with Retry-After', () => {
    const admission = new Admission(2, 3);
    for (let i = 0; i < 5; i += 1) admission.admit();
    expect(full(admission)).toMatchObject({ code: 'queue_full', retryAfterSeconds: 2 });
    admission.release(100);
    expect(admission.canAdmit()).toBe(true);
  });

  it('serves without a queue when none is allowed', () => {
    const admission = new Admission(1, 0);
    admission.admit();
    expect(admission.canAdmit()).toBe(false);
  });

  it('tells a refused caller to wait as long as the queue takes to drain', () => {
    const admission = new Admission(4, 16);
    for (let i = 0; i < 21; i += 1) {
      admission.admit();
      if (i === 0) admission.release(2000);
    }
    // 16 wait before 4 slots: four rounds of two seconds.
    expect(full(admission).retryAfterSeconds).toBe(8);
  });

  it('never says less than a second or more than a minute', () => {
    const admission = new Admission(1, 100);
    admission.admit();
    admission.release(5);
    expect(admission.retryAfterSeconds()).toBe(1);
    for (let i = 0; i < 101; i += 1) admission.admit();
    admission.release(1e7);
    expect(admission.retryAfterSeconds()).toBe(60);
  });
});
