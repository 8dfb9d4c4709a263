// Every question, in the order in which `pnpm bench` asks them.
import type { Question } from './question.js';
import { echoLatency } from './questions/echo-latency.js';
import { json } from './questions/json.js';

export const questions: readonly Question[] = [json, echoLatency];
