"""What touches the insides of asyncio and ipykernel: small, checked, each with a safe way out."""
