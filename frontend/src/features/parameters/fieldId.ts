/** The id of a parameter's control on the page, so that a fault can lead to it. */
export function fieldId(nodeId: string, parameterId: string): string {
  return `field-${nodeId}-${parameterId}`;
}
