// The schema of the case `valid`: of zod, and the same as JSON Schema.
import { z } from 'zod'

export const order = z.object({
  items: z.array(
    z.object({
      id: z.int(),
      name: z.string().min(1),
      price: z.number().positive(),
      tags: z.array(z.string()),
      stock: z.boolean(),
    }),
  ),
})

export interface Order {
  items: unknown[]
}

const item = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    name: { type: 'string', minLength: 1 },
    price: { type: 'number', exclusiveMinimum: 0 },
    tags: { type: 'array', items: { type: 'string' } },
    stock: { type: 'boolean' },
  },
  required: ['id', 'name', 'price', 'tags', 'stock'],
} as const

export const orderJsonSchema = {
  type: 'object',
  properties: { items: { type: 'array', items: item } },
  required: ['items'],
} as const
