import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, token, URL64, UUID } from "./rule.ts";

const MORE_URL64 = "(?![A-Za-z0-9_-])";
/** What the base64 of a marker in every key of OpenAI reads. */
const OPENAI_MARK = "T3BlbkFJ";

/** Providers of models, and what is used around them. */
export const aiRules: readonly SecretRule[] = [
  token("openai-key", "sk-", {
    body: `(?:(?:proj|svcacct|admin|None)-)?${URL64}{16,256}?${OPENAI_MARK}${URL64}{16,256}`,
    before: "(?<![A-Za-z0-9_-])",
    after: MORE_URL64,
  }),
  token("anthropic-key", "sk-ant-", {
    body: `(?:[a-z]{2,8}\\d{2}-)${URL64}{32,160}`,
    after: MORE_URL64,
  }),
  token("openrouter-key", "sk-or-", { body: `v1-${HEX}{64}` }),
  token("deepseek-key", "sk-", { body: `${HEX}{32}`, confidence: "medium" }),
  keyed("stability-key", ["stability", "dreamstudio"], { value: `sk-${ALNUM}{48}` }),
  token("langfuse-key", "sk-lf-", { body: UUID }),
  token("helicone-key", "sk-helicone-", { body: "[a-z0-9-]{27,60}" }),
  token("litellm-key", "sk-litellm-", { body: `${URL64}{16,64}` }),
  token("groq-key", "gsk_", { body: `${ALNUM}{52}` }),
  token("xai-key", "xai-", { body: `${ALNUM}{70,90}` }),
  token("huggingface-token", ["hf_", "api_org_"], { body: `${ALNUM}{34}` }),
  token("replicate-token", "r8_", { body: `${ALNUM}{37}` }),
  token("perplexity-key", "pplx-", { body: `${ALNUM}{48,56}` }),
  token("cerebras-key", "csk-", { body: `${ALNUM}{48}` }),
  token("nvidia-key", "nvapi-", { body: `${URL64}{60,70}` }),
  token("fireworks-key", "fw_", { body: `${ALNUM}{22,32}` }),
  token("together-key", "tgp_v1_", { body: `${URL64}{43}` }),
  keyed("together-legacy-key", ["together_api", "togetherai"], { value: `${HEX}{64}` }),
  keyed("cohere-key", ["cohere", "co_api_key"], { value: `${ALNUM}{40}` }),
  keyed("mistral-key", ["mistral"], { value: `${ALNUM}{32}` }),
  keyed("ai21-key", ["ai21"], { value: `${ALNUM}{32}` }),
  token("elevenlabs-key", "sk_", { body: `${HEX}{48}` }),
  keyed("elevenlabs-legacy-key", ["elevenlabs", "eleven_api", "xi-api-key"], {
    value: `${HEX}{32}`,
  }),
  keyed("deepgram-key", ["deepgram"], { value: `${HEX}{40}` }),
  keyed("assemblyai-key", ["assemblyai", "assembly_ai"], { value: `${HEX}{32}` }),
  token("pinecone-key", "pcsk_", { body: `${ALNUM}{5,6}_${ALNUM}{60,64}` }),
  keyed("pinecone-legacy-key", ["pinecone"], { value: UUID }),
  keyed("qdrant-key", ["qdrant"], { value: `${URL64}{32,64}` }),
  keyed("weaviate-key", ["weaviate"], { value: `${ALNUM}{36,48}` }),
  token("langsmith-key", ["lsv2_pt_", "lsv2_sk_"], { body: `${HEX}{32}_${HEX}{10}` }),
  token("langsmith-legacy-key", "ls__", { body: `${HEX}{32}` }),
  keyed("wandb-key", ["wandb"], { value: `(?:wandb_v1_${URL64}{60,80}|${HEX}{40})` }),
  token("jina-key", "jina_", { body: `${HEX}{32}${URL64}{28,32}` }),
  token("tavily-key", "tvly-", { body: `(?:dev-|prod-)?${ALNUM}{32}` }),
  keyed("exa-key", ["exa_api"], { value: UUID }),
  token("firecrawl-key", "fc-", { body: `${HEX}{32}` }),
  token("browserbase-key", "bb_live_", { body: `${URL64}{27}` }),
  token("e2b-key", "e2b_", { body: `${HEX}{40}` }),
  token("voyage-key", "pa-", { body: `${URL64}{43}`, accept: (value) => /\d/.test(value) }),
  token("mem0-key", "m0-", { body: `${ALNUM}{40}` }),
  token("apify-token", "apify_api_", { body: `${ALNUM}{34,40}` }),
  token("cursor-key", "key_", { body: `${HEX}{64}` }),
  token("modal-token", ["ak-", "as-"], {
    body: `${ALNUM}{22}`,
    accept: (v) => /\d/.test(v) && /[A-Z]/.test(v),
  }),
  token("runpod-key", "rpa_", { body: "[A-Z0-9]{40,48}[a-z0-9]{0,8}" }),
  token("lambda-cloud-key", "secret_", { body: `[a-z0-9-]{4,60}_${HEX}{32}\\.${ALNUM}{32}` }),
  keyed("baseten-key", ["baseten"], { value: "[A-Za-z0-9]{8}\\.[A-Za-z0-9]{32}" }),
  keyed("clarifai-key", ["clarifai"], { value: `${HEX}{32}` }),
  token("posthog-personal-key", "phx_", { body: `${ALNUM}{43,52}` }),
];
