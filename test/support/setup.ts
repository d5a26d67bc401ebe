/** Loaded before every spec: Nest's decorators need the metadata polyfill. */
import 'reflect-metadata';
