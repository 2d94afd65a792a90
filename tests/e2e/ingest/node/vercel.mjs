// The Vercel AI SDK with a tool and two steps, a stream, and a call that fails.
//
//     node vercel.mjs <6|7> <json|protobuf> <url of the model>
//
// Packages are looked for where TEST_PACKAGES says, a folder that holds node_modules. TEST_TALK is
// what is talked about, as JSON.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const here = createRequire(`${process.env.TEST_PACKAGES}/`);
const load = async (name) => import(pathToFileURL(here.resolve(name)));

const [version, encoding, url] = process.argv.slice(2);
const talk = JSON.parse(process.env.TEST_TALK);

const { BatchSpanProcessor, NodeTracerProvider } = await load("@opentelemetry/sdk-trace-node");
const sender = encoding === "json" ? "http" : "proto";
const { OTLPTraceExporter } = await load(`@opentelemetry/exporter-trace-otlp-${sender}`);
const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

const ai = await load(version === "6" ? "ai6" : "ai");
const vendor = version === "6" ? "openai-compatible2" : "@ai-sdk/openai-compatible";
const { createOpenAICompatible } = await load(vendor);
const { z } = await load("zod");

// Up to 6 each call is told to measure, later the whole program.
let telemetry = (functionId) => ({
  experimental_telemetry: { isEnabled: true, functionId, metadata: { sessionId: talk.SESSION } },
});
if (version !== "6") {
  const { OpenTelemetry } = await load("@ai-sdk/otel");
  ai.registerTelemetry(new OpenTelemetry());
  telemetry = (functionId) => ({ telemetry: { functionId } });
}

const model = createOpenAICompatible({
  name: "openai", baseURL: `${url}/v1`, apiKey: "none", includeUsage: true,
})(talk.MODEL);

await ai.generateText({
  model,
  system: talk.SYSTEM,
  prompt: talk.QUESTION,
  temperature: 0.5,
  stopWhen: ai.stepCountIs(5),
  tools: {
    [talk.TOOL]: ai.tool({
      description: talk.DESCRIPTION,
      inputSchema: z.object({ city: z.string() }),
      execute: async () => talk.RESULT,
    }),
  },
  ...telemetry("ask"),
});

await ai.streamText({ model, prompt: talk.COUNT, ...telemetry("count") }).consumeStream();

let refused = false;
try {
  await ai.generateText({ model, prompt: talk.WRONG, maxRetries: 0, ...telemetry("fail") });
} catch {
  refused = true;
}
await provider.shutdown();
if (!refused) throw new Error("the model answered");
