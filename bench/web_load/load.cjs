// One round of load: reads what to ask from standard input, prints what came of it as JSON.
const autocannon = require("autocannon");

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", async () => {
  const { url, rate, seconds, connections, requests } = JSON.parse(text);
  const found = await autocannon({
    url,
    connections,
    overallRate: rate,
    duration: seconds,
    timeout: 10,
    // A slow answer delays those after it; their waiting is counted too.
    ignoreCoordinatedOmission: false,
    requests: requests.map((one) => ({ method: "GET", ...one })),
  });
  console.log(
    JSON.stringify({
      p50: found.latency.p50,
      p99: found.latency.p99,
      most: found.latency.max,
      answers: found["2xx"],
      others: found.non2xx,
      errors: found.errors + found.timeouts,
    }),
  );
});
