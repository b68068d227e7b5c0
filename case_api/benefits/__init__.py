"""The benefit pool (动态权益响应池): what may be given to keep a customer, and what of it is left."""
