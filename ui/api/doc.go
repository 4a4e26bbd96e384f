// Package api is the REST interface, version 1, under /api/v1: tickets,
// messages, the intake ledger and the directory for programs that hold a token.
//
// Every operation is a typed handler; the OpenAPI 3.1 description served at
// /api/v1/openapi.json is made from the same types and lists every operation
// with the right it needs. Errors are problems of RFC 9457 with a stable code
// and the id of the request. A token acts within the rights of its agent: what
// the agent may not see is not found.
package api
