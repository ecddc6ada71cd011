/** The peer: @xyflow/react as its own first example has it, with the nodes and wires of a pipeline in plain boxes. */
import { Background, MiniMap, ReactFlow, useEdgesState, useNodesState } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { createRoot } from 'react-dom/client';

const { nodes: given, wires } = await (await fetch(`./graph-${location.hash.slice(1)}.json`)).json();

const first = given.map((node) => ({
  id: node.id,
  position: { x: node.position[0], y: node.position[1] },
  data: { label: node.module },
}));
const joined = wires.map((wire, index) => ({ id: String(index), source: wire.from[0], target: wire.to[0] }));

function Bare() {
  const [nodes, , onNodesChange] = useNodesState(first);
  const [edges, , onEdgesChange] = useEdgesState(joined);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      minZoom={0.05}
      fitView
    >
      <Background />
      <MiniMap />
    </ReactFlow>
  );
}

createRoot(document.getElementById('root')).render(<Bare />);
