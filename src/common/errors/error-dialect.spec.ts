import { expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { errorBodyAt } from './error-dialect.js';

const error = new AppError('invalid_value', 'n: too many.', { param: 'n' });
const object = { message: 'n: too many.', type: 'invalid_request_error', param: 'n', code: 'invalid_value' };

it.each(['/v1/chat/completions', '/', '/v2x', '/v1/predictions', '/a/v2'])('is the object at %s', (target) => {
  expect(errorBodyAt(target, error)).toEqual({ error: object });
});

it.each(['/v1/predict', '/V1/Predict/', '/v1/predict?model=x'])('has a detail beside it at %s', (target) => {
  expect(errorBodyAt(target, error)).toEqual({ error: object, detail: 'n: too many.' });
});

it.each(['/v2', '/v2/', '/V2/models/x', '/v2?x'])('is a text at %s', (target) => {
  expect(errorBodyAt(target, error)).toEqual({ error: 'n: too many.' });
});
