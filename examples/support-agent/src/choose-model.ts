/** A model behind an API that speaks OpenAI's chat completions. */
export interface RealModel {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly model: string;
}

const DEFAULT_MODEL = "gpt-4.1-mini";

/** The real model that the environment names, or undefined for the scripted one. */
export function chooseModel(
  env: Readonly<Record<string, string | undefined>>,
): RealModel | undefined {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, OPENAI_MODEL: model } = env;
  if (!apiKey || !baseURL) return undefined;
  return { apiKey, baseURL, model: model || DEFAULT_MODEL };
}
