// Reads a JSON list of statements, and writes what is wrong with each: a list of texts, empty for none.
// `node judge.js NODE_MODULES`, where NODE_MODULES holds @learninglocker/xapi-validation.
const path = require("path");
const folder = path.resolve(process.argv[2], "@learninglocker/xapi-validation");
const validate = require(folder).default;

const statements = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const name = (warning) => `${warning.constructor.name} at ${(warning.path || []).join(".")}`;
const said = statements.map((one) => validate(one).map(name));
process.stdout.write(JSON.stringify(said));
