"""The console: managers, trainers and case workers in the browser. Every page asks the REST API, as the person who looks at it."""
